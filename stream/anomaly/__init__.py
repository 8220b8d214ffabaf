"""What is unusual in a series of numbers, told point by point."""
