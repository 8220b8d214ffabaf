"""What a call cost: the user's own prices, the published ones, and requests that were made before."""
