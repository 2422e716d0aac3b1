"""What the templates are given: frozen values, already computed, so that a template only loops and branches.

Words that a reader sees stand in the templates; here are codes and numbers. `Markup` is sanitised HTML.
"""
