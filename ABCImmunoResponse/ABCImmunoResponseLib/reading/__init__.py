"""Two blinded reads of one CT: agreement, verdicts, consensus proposals, and the case folder that holds them."""
