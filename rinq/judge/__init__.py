"""The judge: a learner's queue against the rules of a durable queue, in real processes."""
