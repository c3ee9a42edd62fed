"""Name resolution of a test: what an entry in a hosts file and a port forward do on a real network.

The device SDK builds its host name from the ProductId and knows only port 1883. Here every name under `suffix`
resolves to the server under test; the SDK itself stays as it was published.
"""

import socket


def resolve(suffix, address, port):
    system = socket.getaddrinfo

    def getaddrinfo(host, asked_port, *args, **kwargs):
        if isinstance(host, str) and host.endswith(suffix):
            return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (address, port))]
        return system(host, asked_port, *args, **kwargs)

    socket.getaddrinfo = getaddrinfo
