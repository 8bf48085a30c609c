"""From tables of features, clinical values and outcomes to a locked model bundle."""
