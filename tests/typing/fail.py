"""Wrong uses: mypy --strict reports every line that says why it is wrong, and no other."""

import numpy as np

import elufast

single = np.ones(3, dtype=np.float32)
complex_array = np.ones(3, dtype=np.complex64)

elufast.elu()  # error: x is missing
elufast.elu(single, beta=1.0)  # error: no such parameter
elufast.elu(single, scale=1.0)  # error: only selu has it
elufast.elu(y=single)  # error: the input is x
elufast.elu(1j)  # error: complex
elufast.elu("1")  # error: string
elufast.elu(complex_array)  # error: complex
elufast.elu(single, alpha=1j)  # error: complex
elufast.elu(single, alpha=None)  # error: None does not stand for the default
elufast.elu(single, out=[0.0])  # error: a list cannot be written to
elufast.elu(single, casting="anything")  # error: no such rule
elufast.elu(single, order="Z")  # error: no such order
elufast.elu(single, 1.0, single, single)  # error: one output
elufast.selu(single, 1.0, 1.0, single, single)  # error: one output
elufast.elu_backward(single)  # error: x is missing
elufast.elu_backward(single, y=single)  # error: the input is x
elufast.elu_backward_from_output(single, x=single)  # error: the input is y
elufast.elu_with_grad(single, out=single)  # error: two outputs
elufast.elu_with_grad(single, out=(single,))  # error: two outputs
elufast.elu_with_grad(single, y=single)  # error: outputs have no names
elufast.gelu(single)  # error: no such function
elufast.elu = np.exp  # error: a constant
elufast.set_num_threads(1.5)  # error: not an integer
elufast.set_num_threads()  # error: n is missing
elufast.get_num_threads(1)  # error: no parameters
elufast.show_config("json")  # error: no such mode
elufast.show_config("dict")["colour"]  # error: no such entry
