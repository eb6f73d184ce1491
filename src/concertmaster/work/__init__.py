"""What happens in the background: rows that say what is to be done, and who works them off."""
