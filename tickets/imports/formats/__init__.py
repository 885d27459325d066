"""Read files: encodings, CSV, JSON, and the samples that detection looks at."""
