"""What the step 'Score' is made of: clinical values, the model, and the result in the scene."""
