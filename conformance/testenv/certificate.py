"""Certificates that sign themselves, made by openssl."""

import ssl
import subprocess


class Certificate:
    """A certificate for one name, and its key, in files of a folder."""

    def __init__(self, folder, name):
        self.file, self.key = folder / f"{name}.pem", folder / f"{name}.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name}", "-keyout", self.key, "-out", self.file],
            check=True, capture_output=True)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.file, self.key)
