"""What is known of an enterprise and a year, from whom, and what counts where sources differ."""
