"""The verbs for notebooks: arguments judged first, frames and Axes out (`import densing as dn`)."""
