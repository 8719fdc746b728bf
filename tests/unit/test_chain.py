def test_protocol(protocol, chain):
    assert protocol.chain is chain
    protocol.set_price("BTC", 31_000 * 10**18)
    chain.advance(60)
    print(protocol.risk.sample())


def test_protocol2(protocol, chain):
    assert protocol.chain is chain
    protocol.set_price("BTC", 31_000 * 10**18)
