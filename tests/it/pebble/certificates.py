"""Certificates of the tests' own: NAME.pem and NAME.key in a folder."""

from pebble import run


def make_ca(folder, name):
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
        "-keyout", f"{folder}/{name}.key", "-out", f"{folder}/{name}.pem",
        "-addext", "basicConstraints=critical,CA:TRUE",
        "-addext", "keyUsage=critical,keyCertSign")


def make_leaf(folder, ca, name, usage):
    run("openssl", "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-nodes", "-subj", f"/CN={name}", "-keyout", f"{folder}/{name}.key",
        "-out", f"{folder}/{name}.csr")
    with open(f"{folder}/{name}.ext", "w") as f:
        f.write(f"subjectAltName=DNS:{name},DNS:localhost\n"
                f"extendedKeyUsage={usage}\n")
    run("openssl", "x509", "-req", "-days", "2", "-in", f"{folder}/{name}.csr",
        "-CA", f"{folder}/{ca}.pem", "-CAkey", f"{folder}/{ca}.key",
        "-CAcreateserial", "-extfile", f"{folder}/{name}.ext",
        "-out", f"{folder}/{name}.pem")
