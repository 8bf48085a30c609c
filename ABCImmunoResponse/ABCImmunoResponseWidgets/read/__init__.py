"""What the step 'Read' is made of: one reader's work, in the scene and on disk."""
