"""What leaves bootwatch in other people's forms."""
