"""Review: ratings of people who read a packet, how far they agree, and what another panel would decide."""
