"""What people do to a ticket. Each act is declared once, in its stage's folder; from there come
its web form, its body for the API, its button, its key and its sentences.
"""
