"""Cloudflare's GraphQL analytics, `/client/v4/graphql`: the datasets of AI Gateway over what was served."""
