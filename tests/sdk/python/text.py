"""Texts: chat completions, responses, completions, embeddings, moderations."""

import base64
import json

import openai
import pydantic

from clients import each, got, same, within

MESSAGES = [{"role": "user", "content": "how far can one go? — à bientôt, 海"}]
WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
    "required": ["city", "days"],
    "additionalProperties": False,
}


class Forecast(pydantic.BaseModel):
    city: str
    days: list[int]


def check_usage(usage, output):
    same(usage.completion_tokens, output, "tokens of output")
    same(usage.total_tokens, usage.prompt_tokens + output, "all tokens")


async def chat(client):
    create = client.chat.completions.create
    answer = await got(create(model="gpt-4o", messages=MESSAGES, max_tokens=6))
    same(answer.choices[0].message.content, "the sea has its own law ", "what was said")
    same(answer.choices[0].finish_reason, "length", "the reason to finish")
    check_usage(answer.usage, 6)
    raw = await got(client.chat.completions.with_raw_response.create(model="gpt-4o", messages=MESSAGES))
    assert raw.headers["x-request-id"], "an answer has a request id"
    many = await got(create(model="gpt-4o", messages=MESSAGES, n=3, max_tokens=2))
    same(len(many.choices), 3, "choices")
    thought = await got(create(model="o3", messages=MESSAGES, reasoning_effort="high"))
    same(thought.usage.completion_tokens_details.reasoning_tokens, 256, "tokens of thought")
    # A field that no SDK knows is the vendor's business alone.
    await got(create(model="gpt-4o", messages=MESSAGES, extra_body={"not_yet_known": {"a": [1, 2.50]}}))


async def chat_stream(client):
    create = client.chat.completions.create
    chunks = await each(create(model="gpt-4o", messages=MESSAGES, max_tokens=6, stream=True))
    texts = [choice.delta.content or "" for chunk in chunks for choice in chunk.choices]
    same("".join(texts), "the sea has its own law ", "what was said")
    same([chunk.usage for chunk in chunks if chunk.usage], [], "usage nobody asked for")
    assert all(chunk.choices for chunk in chunks if chunk.id), "no empty chunk but the asked one"
    options = {"include_usage": True}
    chunks = await each(
        create(model="gpt-4o", messages=MESSAGES, max_tokens=6, stream=True, stream_options=options)
    )
    check_usage(chunks[-1].usage, 6)
    async with within(
        client.chat.completions.stream(model="gpt-4o", messages=MESSAGES, max_tokens=6)
    ) as stream:
        events = await each(stream)
        assert any(event.type == "content.done" for event in events), "the content is done"


async def chat_tools(client):
    create = client.chat.completions.create
    function = {"name": "weather", "parameters": WEATHER, "strict": True}
    tools = [{"type": "function", "function": function}]
    answer = await got(create(model="gpt-4o", messages=MESSAGES, tools=tools))
    call = answer.choices[0].message.tool_calls[0]
    same(json.loads(call.function.arguments), {"city": "the sea", "days": 7}, "arguments")
    back = [
        *MESSAGES,
        answer.choices[0].message.model_dump(exclude_none=True),
        {"role": "tool", "tool_call_id": call.id, "content": "rain"},
    ]
    after = await got(create(model="gpt-4o", messages=back, tools=tools))
    same(after.choices[0].finish_reason, "stop", "the reason to finish")
    chunks = await each(create(model="gpt-4o", messages=MESSAGES, tools=tools, stream=True))
    pieces = [
        call.function.arguments
        for chunk in chunks
        for choice in chunk.choices
        for call in choice.delta.tool_calls or []
    ]
    same(json.loads("".join(pieces)), {"city": "the sea", "days": 7}, "arguments")


async def chat_structured(client):
    parse = client.chat.completions.parse
    answer = await got(parse(model="gpt-4o", messages=MESSAGES, response_format=Forecast))
    same(answer.choices[0].message.parsed, Forecast(city="the sea", days=[7]), "the forecast")
    async with within(
        client.chat.completions.stream(model="gpt-4o", messages=MESSAGES, response_format=Forecast)
    ) as stream:
        final = await got(stream.get_final_completion())
        same(final.choices[0].message.parsed, Forecast(city="the sea", days=[7]), "the forecast")


async def chat_media(client):
    picture = "data:image/png;base64," + base64.b64encode(bytes(100)).decode()
    sound = {"data": base64.b64encode(bytes(3200)).decode(), "format": "wav"}
    content = [
        {"type": "text", "text": "what is this?"},
        {"type": "image_url", "image_url": {"url": picture}},
        {"type": "input_audio", "input_audio": sound},
    ]
    answer = await got(
        client.chat.completions.create(
            model="gpt-4o-audio-preview",
            messages=[{"role": "user", "content": content}],
            modalities=["text", "audio"],
            audio={"voice": "alloy", "format": "wav"},
            max_tokens=4,
        )
    )
    assert base64.b64decode(answer.choices[0].message.audio.data), "there is sound"
    same(answer.usage.prompt_tokens_details.audio_tokens, 3, "tokens of sound heard")
    same(answer.usage.completion_tokens_details.audio_tokens, 4, "tokens of sound said")


async def chat_stored(client):
    stored = client.chat.completions
    answer = await got(
        stored.create(model="gpt-4o", messages=MESSAGES, store=True, metadata={"case": "a b"})
    )
    found = await got(stored.retrieve(answer.id))
    same((found.id, found.metadata), (answer.id, {"case": "a b"}), "what was stored")
    changed = await got(stored.update(answer.id, metadata={"case": "c"}))
    same(changed.metadata, {"case": "c"}, "metadata")
    listed = await each(stored.list())
    assert answer.id in [one.id for one in listed], "it is listed"
    same((await got(stored.delete(answer.id))).deleted, True, "deleted")


async def responses(client):
    create = client.responses.create
    answer = await got(create(model="gpt-4o", input="how far?", max_output_tokens=4))
    same(answer.output_text, "the sea has its ", "what was said")
    same(answer.status, "incomplete", "status")
    same(answer.usage.output_tokens, 4, "tokens of output")
    found = await got(client.responses.retrieve(answer.id))
    same(found.output_text, answer.output_text, "what was stored")
    more = await got(create(model="gpt-4o", input="and then?", previous_response_id=answer.id))
    assert more.usage.input_tokens > answer.usage.input_tokens, "what was said before counts again"
    same(len(await each(client.responses.input_items.list(answer.id))), 1, "items of input")
    await got(client.responses.delete(answer.id))
    try:
        await got(client.responses.retrieve(answer.id))
        raise AssertionError("a deleted response is still there")
    except openai.NotFoundError:
        pass


async def responses_count(client):
    counted = await got(client.responses.input_tokens.count(model="gpt-4o", input="four"))
    same(counted.input_tokens, 4, "tokens of input")


async def responses_stream(client):
    events = await each(
        client.responses.create(model="gpt-5", input="how far?", max_output_tokens=4, stream=True)
    )
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    same("".join(deltas), "the sea has its ", "what was said")
    same(events[-1].type, "response.incomplete", "the last event")
    same(events[-1].response.usage.output_tokens, 68, "tokens of output")
    same([event.sequence_number for event in events], list(range(len(events))), "numbers")
    async with within(
        client.responses.stream(model="gpt-4o", input="how far?", text_format=Forecast)
    ) as stream:
        final = await got(stream.get_final_response())
        same(final.output_parsed, Forecast(city="the sea", days=[7]), "the forecast")


async def responses_tools(client):
    tools = [{"type": "function", "name": "weather", "parameters": WEATHER, "strict": True}]
    answer = await got(client.responses.create(model="gpt-4o", input="rain?", tools=tools))
    call = answer.output[0]
    same(json.loads(call.arguments), {"city": "the sea", "days": 7}, "arguments")
    after = await got(
        client.responses.create(
            model="gpt-4o",
            tools=tools,
            input=[
                {"role": "user", "content": "rain?"},
                call.model_dump(exclude_none=True),
                {"type": "function_call_output", "call_id": call.call_id, "output": "rain"},
            ],
        )
    )
    assert after.output_text, "it speaks once it was told"
    parsed = await got(client.responses.parse(model="gpt-4o", input="rain?", text_format=Forecast))
    same(parsed.output_parsed, Forecast(city="the sea", days=[7]), "the forecast")


async def responses_background(client):
    created = await got(client.responses.create(model="gpt-4o", input="slowly", background=True))
    same(created.status, "queued", "status")
    cancelled = await got(client.responses.cancel(created.id))
    same(cancelled.status, "cancelled", "status")


async def completions(client):
    create = client.completions.create
    answer = await got(create(model="gpt-3.5-turbo-instruct", prompt="once upon", max_tokens=3))
    same(answer.choices[0].text, "the sea has ", "what was said")
    check_usage(answer.usage, 3)
    chunks = await each(
        create(model="gpt-3.5-turbo-instruct", prompt="once upon", max_tokens=3, stream=True)
    )
    same("".join(chunk.choices[0].text for chunk in chunks), "the sea has ", "what was said")


async def embeddings(client):
    # The SDK asks for base64 of itself, and gives numbers.
    answer = await got(
        client.embeddings.create(model="text-embedding-3-small", input=["one", "two"], dimensions=4)
    )
    same([len(one.embedding) for one in answer.data], [4, 4], "dimensions")
    same(answer.usage.total_tokens, 2, "all tokens")
    plain = await got(
        client.embeddings.create(
            model="text-embedding-3-small", input="one", dimensions=4, encoding_format="float"
        )
    )
    same(plain.data[0].embedding, answer.data[0].embedding, "both encodings")


async def moderations(client):
    answer = await got(client.moderations.create(model="omni-moderation-latest", input="violence"))
    same((answer.results[0].flagged, answer.results[0].categories.hate), (True, False), "flags")


async def errors(client):
    create = client.chat.completions.create
    try:
        await got(create(model="no-such-model", messages=MESSAGES))
        raise AssertionError("there is no such model")
    except openai.NotFoundError as error:
        assert error.body["code"] in ("model_not_found", "DeploymentNotFound"), error.body
    try:
        await got(create(model="gpt-4o", messages=openai.omit))
        raise AssertionError("messages are required")
    except (openai.BadRequestError, TypeError):
        pass
    # The SDK itself tries again what the vendor refuses for a while.
    slow = client.with_options(max_retries=1)
    try:
        await got(
            slow.chat.completions.create(
                model="gpt-4o", messages=MESSAGES, extra_headers={"x-mock-fault": "429-1"}
            )
        )
        raise AssertionError("the limit is reached")
    except openai.RateLimitError as error:
        same(error.response.headers["retry-after"], "1", "when to try again")


FAMILIES = [
    chat, chat_stream, chat_tools, chat_structured, chat_media, chat_stored, responses,
    responses_count, responses_stream, responses_tools, responses_background, completions, embeddings, moderations,
    errors,
]
