"""What is measured, and how. Figures are read beside a reference of the same run, never alone."""
