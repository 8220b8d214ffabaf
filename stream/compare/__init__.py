"""What is compared across series: versions side by side, a provider's services, a service's users."""
