"""The router's rules: from a model's name to a walk over the endpoints that serve it.

    naming      what a model's name says besides the model: `author/slug:nitro@preset/mine`
    wishes      what the request's `provider` object asks for; `bounds`: what guardrails and the account allow
    needs       what the request takes of an endpoint: parameters, modalities, length
    health      what one worker has seen of endpoints lately: failures, 429s, percentiles of speed
    screening   which endpoints may serve the request at all, and what keeps out the others
    ordering    in which order they are asked; `adaptive`: the same by price, speed and errors
    choosing    all of these in one call; `route`: the walk over what was chosen
    sticky      which endpoint has a conversation's prompt in its cache
    auto        which models, where the caller leaves that open

Sections are those of openrouter.md. Users read docs/routing.md.
"""
