/** Far more than any answer of the service; what is longer is not one. */
const TEXT_BYTES_MAX = 64 * 1024;

/** The body as text; `null` when it is longer than any answer can be. Rejects when it is cut off. */
export const readText = async (response: Response): Promise<string | null> => {
  if (response.body === null) return "";
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    bytes += value.byteLength;
    if (bytes > TEXT_BYTES_MAX) {
      await reader.cancel();
      return null;
    }
    text += decoder.decode(value, { stream: true });
  }
};
