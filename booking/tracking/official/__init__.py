"""The official list of labelled events, as the ministry or a préfecture publishes it, brought in beside the activities."""
