"""What the step 'Reconcile' is made of: two locked reads side by side, and what is decided."""
