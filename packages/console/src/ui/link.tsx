import { Anchor, Button, type AnchorProps, type ButtonProps } from '@mantine/core';
import { createLink } from '@tanstack/react-router';
import type { AnchorHTMLAttributes, Ref } from 'react';

type Element = Omit<AnchorHTMLAttributes<HTMLAnchorElement>, 'style' | 'color'> & { ref?: Ref<HTMLAnchorElement> };

/** A link in running text. */
export const TextLink = createLink((props: AnchorProps & Element) => <Anchor {...props} />);
/** A link that looks like a button. */
export const ButtonLink = createLink((props: ButtonProps & Element) => <Button component="a" {...props} />);
