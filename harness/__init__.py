"""What `prove` and `bench` share: the running product, the stand-in's ledger, firms, faults on the wire, load.

Read in this order: `parts` (processes of the product), `stack` (with servers of its own), `standin` (effects counted
outside of the code under test), `offices` (connected firms), `proxy` (faults between two parts), `load` (requests at
a steady rate), `size` (quick or long form), `machine` (memory and processor time).
"""
