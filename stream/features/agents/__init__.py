"""What agents do: the steps of a trace, the tools they ask for, and whether they go round in circles."""
