"""What a call cost: the user's own prices, the published ones, and their sum over the columns of a batch."""
