"""What customers and agents of the demo shop say.

The texts are data: the TOML files of this folder. The modules read them (`loader`), give them types (`topic`,
`voices`, `special`), fill their placeholders (`wording`, `facts`) and make messages of them (`dialogue`).
"""
