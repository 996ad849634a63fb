"""What a content pack promises, run through the program: samples, Sigma rules, tests on devices, hunts, searches."""
