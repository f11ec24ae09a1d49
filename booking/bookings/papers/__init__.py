"""Papers of an outing (product, rule 11): convention, requests, notes, lists, day sheet, certificates, as PDF/UA-1.

kinds: what there is, for whom; facts: what is agreed; rules: versions and hashes; texts: the French; printing: the PDF.
"""
