"""SCIM 2.0 (RFC 7643, RFC 7644) at /scim/v2: an identity provider announces people and groups, and takes them back."""
