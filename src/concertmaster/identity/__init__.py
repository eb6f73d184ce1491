"""Who is calling: tokens, sign-in, discovery, in the shapes of the cloud and of older servers."""
