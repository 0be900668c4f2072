"""Parameter types: what the tests need of them."""


class _Null:
    def __bool__(self):
        return False


NULL = _Null()


class AddrRange:
    def __init__(self, start, size, intlvHighBit=0, xorHighBit=0, intlvBits=0, intlvMatch=0):
        low = intlvHighBit - intlvBits + 1
        self.text = "%d:%d" % (start, start + size)
        if intlvBits:
            self.text += ":%d" % intlvMatch + "".join(":%d" % (1 << bit) for bit in range(low, low + intlvBits))
