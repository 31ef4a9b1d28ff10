"""Generated code against the program that it was generated from, on random programs, run on chain."""

import random

from gateway.relayer.client import L1Client
from gateway.verifier.key_file import KeyFile
from tests.contracts.verifier.toy import system
from tests.contracts.verifier.verifier_chain import VerifierChain
from tests.reference.final_proof.field import ZERO, Ext, P, add, encode_base, sub
from tests.reference.final_proof.header import Header, quotient, replay, verify_header
from tests.reference.final_proof.key import Group, Key, Parameters
from tests.reference.final_proof.program import Instruction, Opcode, Program, Section

FREE = Parameters(10, 2, 3, 3, 2, 3, 4, 0, 0, 0, 0, 0)
TABLES = [3, 2]
PUBLIC_VALUES = 5
CONSTANTS = [0, 1, P - 1, 2, 1_234_567]
GROUPS = [Group(0, False, 4, 16, 1 | 1 << 4), Group(1, True, 3, 8, 1), Group(2, True, 0, 1, 1)]
OPENED = sum(group.slots * len(group.bits) for group in GROUPS)


def random_program(source: random.Random, steps: int) -> Program:
    """Chains of sums and differences as well as products: whatever a lane can be driven to."""
    shape = Program(PUBLIC_VALUES, len(TABLES), CONSTANTS, OPENED, 0, [])
    inputs, spare = shape.inputs, 12
    known = [slot for slot in range(inputs) if not shape.first_constant <= slot < shape.first_opened]
    constants = list(range(shape.first_constant, shape.first_opened))
    sections = []
    for section in range(1 + len(TABLES)):
        code: list[Instruction] = []
        weights = source.choice([(5, 5, 1, 1, 1, 1), (1, 1, 5, 5, 1, 1), (1, 9, 1, 1, 0, 0), (2, 2, 2, 6, 3, 3)])
        for _ in range(steps):
            opcode = Opcode(source.choices(range(6), weights)[0])
            last = [code[-1].d] if code else []
            x, w = (source.choice(last * 9 + known) for _ in range(2))
            y = source.choice(constants if opcode >= Opcode.SCALE else last * 3 + known + constants)
            addend = w if opcode in (Opcode.MULADD, Opcode.SCALEADD) else 0
            code.append(Instruction(opcode, inputs + source.randrange(spare), x, y, addend))
            known = sorted({*known, code[-1].d})
        sections.append(Section(code, code[-1].d if section else 0))
        if section == 0:
            spare += 12
    return Program(PUBLIC_VALUES, len(TABLES), CONSTANTS, OPENED, inputs + spare, sections)


def element(source: random.Random) -> Ext:
    c = [source.choice([0, P - 1, source.randrange(P)]) for _ in range(4)]
    return (c[0], c[1], c[2], c[3])


def consistent_header(key: Key, values: list[int], source: random.Random) -> Header:
    """Random but for the quotient's value, which is what the twin computes from the rest."""
    terminals = [element(source) for _ in TABLES[1:]]
    total = ZERO
    for terminal in terminals:
        total = add(total, terminal)
    terminals.append(sub(ZERO, total))
    roots, nonce = [source.randbytes(32) for _ in range(3)], bytes(8)
    opened, final = [element(source) for _ in range(OPENED)], [element(source) for _ in range(16)]
    folds = [source.randbytes(32) for _ in range(FREE.folds)]
    header = Header(roots, terminals, opened, folds, final, nonce, nonce, nonce, [nonce] * FREE.folds, nonce)
    header.opened[-1] = quotient(key, values, header, replay(key, values, header))
    return header


def test_evaluators_compute_what_the_program_says(l1: L1Client) -> None:
    for seed in range(8):
        source = random.Random(seed)
        steps = 40 if seed < 7 else 700  # the last one takes more than one contract
        program = random_program(source, steps)
        key = Key(FREE, PUBLIC_VALUES, TABLES, GROUPS, program.encode())
        chain = VerifierChain(l1, KeyFile.decode(key.encode()))
        assert (len(chain.addresses.stores) > 1) == (seed == 7)
        for _ in range(4):
            values = [source.choice([0, P - 1, source.randrange(P)]) for _ in range(PUBLIC_VALUES)]
            data = consistent_header(key, values, source).encode()
            expected = verify_header(key, values, data).encode()
            assert chain.verify_header(encode_base(values), data) == expected


def test_the_toy_key_is_well_formed() -> None:
    key = system.key()
    assert KeyFile.decode(key.encode()).hash == key.hash()
