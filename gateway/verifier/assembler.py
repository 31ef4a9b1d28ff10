"""EVM code with the operands of the stack by name, so that no depth is counted by hand."""

_OPCODES = {
    "ADD": (0x01, 2), "MUL": (0x02, 2), "SUB": (0x03, 2), "MOD": (0x06, 2), "MULMOD": (0x09, 3),
    "AND": (0x16, 2), "OR": (0x17, 2), "SHL": (0x1B, 2), "SHR": (0x1C, 2),
    "CALLDATALOAD": (0x35, 1), "MLOAD": (0x51, 1),
}  # fmt: skip
_POP, _MSTORE, _JUMP, _JUMPDEST, _RETURN = 0x50, 0x52, 0x56, 0x5B, 0xF3
_PUSH0, _DUP1, _SWAP1 = 0x5F, 0x80, 0x90


class Assembler:
    """Code under construction, and the names of what is on the stack when it is reached."""

    def __init__(self) -> None:
        self.code = bytearray()
        self.stack: list[str] = []

    def push(self, value: int, name: str = "") -> None:
        size = (value.bit_length() + 7) // 8
        self.code += bytes([_PUSH0 + size]) + value.to_bytes(size, "big")
        self.stack.append(name)

    def push_address(self, value: int, name: str = "") -> None:
        """A code position, in two bytes whatever it is."""
        self.code += bytes([_PUSH0 + 2]) + value.to_bytes(2, "big")
        self.stack.append(name)

    def get(self, name: str) -> None:
        """A copy of the named operand on top."""
        self.code.append(_DUP1 + self._depth(name))
        self.stack.append("")

    def op(self, mnemonic: str, name: str = "") -> None:
        """The first operand is the top of the stack."""
        code, operands = _OPCODES[mnemonic]
        self.code.append(code)
        del self.stack[len(self.stack) - operands :]
        self.stack.append(name)

    def put(self, name: str) -> None:
        """The top takes the place of the named operand."""
        depth = self._depth(name)
        self.code += bytes([_SWAP1 + depth - 1, _POP])
        self.stack.pop()

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

    def label(self) -> int:
        """A jump destination here."""
        self.code.append(_JUMPDEST)
        return len(self.code) - 1

    def call(self, subroutine: int) -> None:
        """Jumps there and goes on behind; the caller says what it does to the stack. The return address is pushed by
        `push_return` before the operands."""
        self.push_address(subroutine)
        self.code.append(_JUMP)
        self.stack.pop()
        self.label()

    def jump_back(self, name: str) -> None:
        """Ends a subroutine whose return address is the named operand, which must be all but the last of its stack."""
        self.get(name)
        self.code.append(_JUMP)
        self.stack.pop()

    def raw(self, opcode: str) -> None:
        self.code.append({"JUMP": _JUMP, "RETURN": _RETURN, "POP": _POP}[opcode])

    def _depth(self, name: str) -> int:
        return len(self.stack) - 1 - max(i for i, known in enumerate(self.stack) if known == name)
