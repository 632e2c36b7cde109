// Compare recordings with an exported model, in Node.js:
//
//     npm install onnxruntime-node
//     node docs/examples/verify.js model.onnx one.wav other.wav
//
// The model is from `speakernet export` with `--from waveform`. Recordings are WAV files of 16 bits,
// with the model's sample rate. Prints the cosine of the embeddings.
const fs = require("fs");
const ort = require("onnxruntime-node");

const SAMPLE_RATE = 16000;

// Returns the samples of the first channel, in [-1, 1].
function readWav(path) {
  const file = fs.readFileSync(path);
  const fail = (found) => { throw new Error(`${path}: ${found}; expected WAV, 16 bits, ${SAMPLE_RATE} Hz`); };
  if (file.length < 44 || file.toString("latin1", 0, 4) !== "RIFF") fail("found another kind of file");
  let channels = 0;
  for (let at = 12; at + 8 <= file.length; ) {
    const name = file.toString("latin1", at, at + 4);
    const size = Math.min(file.readUInt32LE(at + 4), file.length - at - 8);
    if (name === "fmt " && size >= 16) {
      channels = file.readUInt16LE(at + 10);
      const [rate, bits] = [file.readUInt32LE(at + 12), file.readUInt16LE(at + 22)];
      if (rate !== SAMPLE_RATE || bits !== 16 || !channels) fail(`found ${rate} Hz, ${bits} bits`);
    } else if (name === "data" && channels) {
      const step = 2 * channels;
      return Float32Array.from({ length: Math.floor(size / step) }, (_, i) => file.readInt16LE(at + 8 + i * step) / 32768);
    }
    at += 8 + size + (size % 2);
  }
  return fail("found no samples");
}

async function embed(session, path) {
  const waveform = readWav(path);
  const input = new ort.Tensor("float32", waveform, [1, waveform.length]);
  return (await session.run({ waveform: input })).embedding.data;
}

async function main(model, one, other) {
  const session = await ort.InferenceSession.create(model);
  const [a, b] = [await embed(session, one), await embed(session, other)];
  const dot = (x, y) => x.reduce((sum, value, i) => sum + value * y[i], 0);
  console.log((dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))).toFixed(4));
}

main(...process.argv.slice(2)).catch((error) => { console.error(error.message); process.exit(1); });
