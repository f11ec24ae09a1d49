"""The public figures of an edition that is over, as open data: small counts hidden, and whatever they could be worked out from."""
