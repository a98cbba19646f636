"""What every page shares: guards, errors, paging, navigation, formatting."""
