from . import OpClass
