"""Pictures and sound: images, audio, realtime."""

import base64

from clients import each, got, same, within

PICTURE = ("sea.png", b"\x89PNG" + bytes(range(256)), "image/png")
SOUND = ("sea.wav", b"RIFF" + bytes(range(256)) * 20, "audio/wav")


async def images(client):
    drawn = await got(client.images.generate(model="gpt-image-1", prompt="the sea", n=2))
    assert base64.b64decode(drawn.data[1].b64_json).startswith(b"\x89PNG"), "it is a picture"
    same(drawn.usage.output_tokens, 544, "tokens of output")
    changed = await got(
        client.images.edit(model="gpt-image-1", image=[PICTURE, PICTURE], mask=PICTURE, prompt="more")
    )
    same(changed.usage.input_tokens_details.image_tokens, 544, "tokens of pictures")
    events = await each(
        client.images.generate(model="gpt-image-1", prompt="the sea", stream=True, partial_images=2)
    )
    same(
        [event.type.rpartition(".")[2] for event in events],
        ["partial_image", "partial_image", "completed"],
        "events",
    )


async def speech(client):
    spoken = await got(client.audio.speech.create(model="gpt-4o-mini-tts", voice="alloy", input="the sea"))
    same(len(await got(spoken.aread() if hasattr(spoken, "aread") else spoken.read())), 320, "bytes")
    manager = client.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input="the sea " * 50, response_format="wav"
    )
    async with within(manager) as answer:
        same(answer.headers["content-type"], "audio/wav", "type")
        same(sum(map(len, await each(answer.iter_bytes(512)))), 16000, "bytes")


async def transcriptions(client):
    create = client.audio.transcriptions.create
    heard = await got(create(model="gpt-4o-transcribe", file=SOUND))
    assert heard.text.startswith("the sea"), heard.text
    same(heard.usage.input_token_details.audio_tokens, 4, "tokens of sound")
    by_time = await got(create(model="whisper-1", file=SOUND, response_format="verbose_json"))
    same((by_time.duration, by_time.usage.seconds), (1, 1), "seconds")
    same(await got(create(model="whisper-1", file=SOUND, response_format="text")), heard.text + "\n", "text")
    events = await each(create(model="gpt-4o-transcribe", file=SOUND, stream=True))
    same("".join(event.delta for event in events[:-1]), heard.text, "what was heard")
    same(events[-1].usage.total_tokens, heard.usage.total_tokens, "all tokens")
    there = await got(client.audio.translations.create(model="whisper-1", file=SOUND))
    assert there.text, "it is translated"


async def realtime(client):
    async with within(client.realtime.connect(model="gpt-realtime")) as session:
        same((await got(session.recv())).type, "session.created", "event")
        await got(session.session.update(session={"type": "realtime", "output_modalities": ["text"]}))
        same((await got(session.recv())).type, "session.updated", "event")
        content = [{"type": "input_text", "text": "how far?"}]
        item = {"type": "message", "role": "user", "content": content}
        await got(session.conversation.item.create(item=item))
        await got(session.response.create(response={"max_output_tokens": 4}))
        text = ""
        while True:
            event = await got(session.recv())
            if event.type == "response.output_text.delta":
                text += event.delta
            if event.type == "response.done":
                break
        same(text, "the sea has its ", "what was said")
        same(event.response.usage.output_tokens, 4, "tokens of output")


FAMILIES = [images, speech, transcriptions, realtime]
