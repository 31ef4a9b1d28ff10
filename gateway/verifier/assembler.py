"""EVM code with the operands of the stack by name, so that no depth is counted by hand."""

_OPCODES = {
    "ADD": (0x01, 2), "MUL": (0x02, 2), "SUB": (0x03, 2), "MOD": (0x06, 2), "MULMOD": (0x09, 3),
    "AND": (0x16, 2), "OR": (0x17, 2), "SHL": (0x1B, 2), "SHR": (0x1C, 2),
    "CALLDATALOAD": (0x35, 1), "MLOAD": (0x51, 1),
}  # fmt: skip
_POP, _MSTORE, _RETURN = 0x50, 0x52, 0xF3
_PUSH0, _DUP1, _SWAP1 = 0x5F, 0x80, 0x90
_REACH = 16
"""How deep DUP copies from."""


class Assembler:
    """Code under construction, and the names of what is on the stack when it is reached."""

    def __init__(self, constants: dict[str, int]) -> None:
        """Starts with the constants on the stack; the last ones stay in reach longest."""
        self.code = bytearray()
        self.stack: list[str] = []
        self._constants = constants
        for name, value in constants.items():
            self.push(value, name)

    def push(self, value: int, name: str = "") -> None:
        size = (value.bit_length() + 7) // 8
        self.code += bytes([_PUSH0 + size]) + value.to_bytes(size, "big")
        self.stack.append(name)

    def get(self, name: str) -> None:
        """A copy of the named operand on top. A constant out of reach is written once more, for the same gas."""
        depth = self._depth(name)
        if depth >= _REACH and name in self._constants:
            self.push(self._constants[name])
            return
        assert depth < _REACH, f"{name} is out of reach"
        self.code.append(_DUP1 + depth)
        self.stack.append("")

    def repeat(self) -> None:
        """The top once more."""
        self.code.append(_DUP1)
        self.stack.append("")

    def op(self, mnemonic: str) -> None:
        """The first operand is the top of the stack."""
        code, operands = _OPCODES[mnemonic]
        self.code.append(code)
        del self.stack[len(self.stack) - operands :]
        self.stack.append("")

    def swap(self) -> None:
        """The two on top."""
        self.code.append(_SWAP1)
        self.stack[-2:] = self.stack[-1], self.stack[-2]

    def drop(self, name: str) -> None:
        """Removes the named operand; what was on top moves into its place."""
        depth = self._depth(name)
        if depth:
            self.code.append(_SWAP1 + depth - 1)
            self.stack[-1 - depth] = self.stack[-1]
        self.code.append(_POP)
        self.stack.pop()

    def name_top(self, name: str) -> None:
        self.stack[-1] = name

    def store(self, address: int) -> None:
        """The top into memory."""
        self.push(address)
        self.code.append(_MSTORE)
        del self.stack[-2:]

    def finish(self) -> None:
        """Returns the memory at the address on top, in the length below it."""
        self.code.append(_RETURN)

    def _depth(self, name: str) -> int:
        return len(self.stack) - 1 - max(i for i, known in enumerate(self.stack) if known == name)
