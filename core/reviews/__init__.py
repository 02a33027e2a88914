"""What a review is made of: tables, samples, rows, agreement, and decisions with their sign-off."""
