"""Where HTTP meets Orchestrator: which tenant, who is let in, what an error looks like."""
