"""What the step 'Case' is made of."""
