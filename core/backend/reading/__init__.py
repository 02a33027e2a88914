"""What trained models make of text: losses by domain and by document, and influence on a target."""
