/** A script to start from: a frame with a switch and a brightness. */
export const EXAMPLE = `// Up: 55 AA, length, switch (0, 1), brightness (0-100).
function RawToProtocol(fPort, bytes) {
  if (bytes[0] !== 0x55 || bytes[1] !== 0xaa) throw new Error('not a frame of ours');
  return {
    method: 'report',
    clientToken: String(Date.now()),
    params: { power_switch: bytes[3], brightness: bytes[4] },
  };
}

// Down: 55 AA, switch, brightness; 255 leaves it as it is.
function ProtocolToRaw(message) {
  if (message.method !== 'control') return [];
  const { power_switch = 255, brightness = 255 } = message.params;
  return [0x55, 0xaa, power_switch, brightness];
}
`;

export const EXAMPLE_UP = "[85,170,2,1,60]";
export const EXAMPLE_DOWN = '{"method":"control","clientToken":"1","params":{"power_switch":1}}';
