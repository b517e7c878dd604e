"""python-socketio: two servers that share their rooms through this server, and a program that only sends."""
import logging
import threading
import unittest
import urllib.request
import wsgiref.simple_server
from socketserver import ThreadingMixIn

import socketio

from appserver import AppCase, eventually


class Web(ThreadingMixIn, wsgiref.simple_server.WSGIServer):
    daemon_threads = True


class Quiet(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass


class Browser:
    """A client of Socket.IO by long polling: sends and receives packets in their wire form."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}/socket.io/?EIO=4&transport=polling"
        opened = self.request()[0]
        self.url += "&sid=" + opened.split('"sid":"')[1].split('"')[0]
        self.send("0")
        self.packets = []
        self.thread = threading.Thread(target=self.listen, daemon=True)
        self.thread.start()
        eventually("no connection", lambda: any(packet.startswith("0{") for packet in self.packets))

    def request(self, body=None):
        with urllib.request.urlopen(self.url, data=body, timeout=60) as response:
            return response.read().decode().split("\x1e")

    def send(self, packet):
        self.request(b"4" + packet.encode())

    def listen(self):
        try:
            while True:
                for packet in self.request():
                    self.packets.append(packet[1:])
        except (OSError, ValueError):
            pass  # the web server has ended, or closed the connection

    def events(self):
        return [packet[1:] for packet in self.packets if packet.startswith("2")]


class SocketIO(AppCase):
    def web(self):
        """Starts a server of Socket.IO; returns its port."""
        manager = socketio.RedisManager(f"redis://127.0.0.1:{self.server.port}/0")
        sio = socketio.Server(async_mode="threading", async_handlers=False, client_manager=manager)
        sio.on("join", lambda sid, room: sio.enter_room(sid, room))
        sio.on("say", lambda sid, room, text: sio.emit("said", text, room=room, skip_sid=sid))
        sio.on("end", lambda sid, room: sio.close_room(room))
        web = wsgiref.simple_server.make_server("127.0.0.1", 0, socketio.WSGIApp(sio), server_class=Web, handler_class=Quiet)
        threading.Thread(target=web.serve_forever, daemon=True).start()
        self.addCleanup(web.server_close)
        self.addCleanup(web.shutdown)
        return web.server_port

    def test_rooms(self):
        ports = [self.web(), self.web()]
        ann, bob, eve = Browser(ports[0]), Browser(ports[1]), Browser(ports[1])
        self.subscribed()
        for browser in (ann, bob):
            browser.send('2["join","room"]')
        ann.send('2["say","room","hello"]')
        bob.send('2["say","room","hello, Ann"]')
        outside = socketio.RedisManager(f"redis://127.0.0.1:{self.server.port}/0", write_only=True)
        outside.emit("news", {"n": 1})
        eventually("events are lost", lambda: len(ann.events()) == len(bob.events()) == 2 and len(eve.events()) == 1)
        self.assertEqual(sorted(ann.events()), ['["news",{"n":1}]', '["said","hello, Ann"]'])
        self.assertEqual(sorted(bob.events()), ['["news",{"n":1}]', '["said","hello"]'])
        self.assertEqual(eve.events(), ['["news",{"n":1}]'])
        self.server.restart()
        self.subscribed()
        outside.emit("news", {"n": 2})
        eventually("no events after a restart", lambda: all(browser.events()[-1] == '["news",{"n":2}]' for browser in (ann, bob, eve)))
        ann.send('2["end","room"]')
        bob.send('2["say","room","nobody hears"]')
        outside.emit("news", {"n": 3})
        eventually("events are lost", lambda: all(browser.events()[-1] == '["news",{"n":3}]' for browser in (ann, bob, eve)))

    def subscribed(self):
        eventually("the servers do not subscribe", lambda: self.server.client.pubsub_numsub("socketio")[0][1] == 2)


if __name__ == "__main__":
    logging.disable()
    unittest.main(warnings="ignore")
