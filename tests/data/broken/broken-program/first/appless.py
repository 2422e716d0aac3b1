def application():
    app = None
    return app
