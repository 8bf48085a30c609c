"""Model bundles: loading and verifying them, and scoring a patient with numpy alone."""
