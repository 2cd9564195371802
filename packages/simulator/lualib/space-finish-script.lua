-- Victory by leaving the solar system: there is no space in the simulator, so nobody wins this way.
return {}
