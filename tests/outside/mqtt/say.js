// mqtt.js says one report at QoS 1, again until it hears its receipt.
import mqtt from 'mqtt'

const { BROKER, MACHINE, PASSWORD, REPORT, VERSION, EVERY } = process.env
const client = mqtt.connect(BROKER, {
  clientId: MACHINE, username: MACHINE, password: PASSWORD, protocolVersion: Number(VERSION), reconnectPeriod: 0,
})
const say = () => client.publishAsync(`td/${MACHINE}/reports`, REPORT, { qos: 1 })
client.on('error', (error) => { console.error(`${error}`); process.exit(1) })
client.on('connect', async () => {
  const granted = await client.subscribeAsync(`td/${MACHINE}/receipts`, { qos: 0 })
  if (granted.some((one) => one.qos > 2)) throw new Error('not granted')
  await say()
  setInterval(say, EVERY * 1000)
})
client.on('message', (_, payload) => {
  console.log(`${payload}`)
  client.end(() => process.exit(0))
})
